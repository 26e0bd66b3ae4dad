//! The tensors of a model by name, which of them are trained, and their gradients.

use std::collections::HashMap;

/// Which tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Id(pub(crate) usize);

/// A matrix, or a row of numbers, of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Its name as Hugging Face writes it, `model.layers.0.self_attn.q_proj.weight`.
    pub name: String,
    /// Rows; 1 for a vector.
    pub rows: usize,
    /// Columns.
    pub cols: usize,
    /// Its numbers, row by row.
    pub value: Vec<f32>,
    /// Whether it is trained.
    pub trained: bool,
}

/// All tensors of a model, those of its adapter among them.
#[derive(Debug, Clone, Default)]
pub struct Store {
    tensors: Vec<Tensor>,
    by_name: HashMap<String, Id>,
}

impl Store {
    pub(crate) fn push(&mut self, tensor: Tensor) -> Id {
        let id = Id(self.tensors.len());
        self.by_name.insert(tensor.name.clone(), id);
        self.tensors.push(tensor);
        id
    }

    /// A tensor by its name.
    pub fn named(&self, name: &str) -> Option<Id> {
        self.by_name.get(name).copied()
    }

    /// A tensor.
    pub fn get(&self, id: Id) -> &Tensor {
        &self.tensors[id.0]
    }

    /// A tensor, to be changed.
    pub fn get_mut(&mut self, id: Id) -> &mut Tensor {
        &mut self.tensors[id.0]
    }

    /// All tensors, in the order in which they were read.
    pub fn all(&self) -> impl Iterator<Item = (Id, &Tensor)> {
        self.tensors.iter().enumerate().map(|(at, tensor)| (Id(at), tensor))
    }

    /// Those that are trained.
    pub fn trained(&self) -> Vec<Id> {
        self.all().filter(|(_, tensor)| tensor.trained).map(|(id, _)| id).collect()
    }

    /// Trains every tensor of the model (`true`) or none.
    pub fn train_all(&mut self, trained: bool) {
        self.tensors.iter_mut().for_each(|tensor| tensor.trained = trained);
    }

    pub(crate) fn value(&self, id: Id) -> &[f32] {
        &self.tensors[id.0].value
    }
}

/// The gradient of every trained tensor.
#[derive(Debug, Clone, Default)]
pub struct Gradients(Vec<Option<Vec<f32>>>);

impl Gradients {
    /// Zeros for all that is trained.
    pub fn zeros(store: &Store) -> Self {
        Self(store.tensors.iter().map(|t| t.trained.then(|| vec![0.0; t.value.len()])).collect())
    }

    /// The gradient of a tensor; `None` where it is not trained.
    pub fn get(&self, id: Id) -> Option<&[f32]> {
        self.0.get(id.0)?.as_deref()
    }

    /// The same, to be added to.
    pub fn get_mut(&mut self, id: Id) -> Option<&mut [f32]> {
        self.0.get_mut(id.0)?.as_deref_mut()
    }

    /// Sets all to zero.
    pub fn clear(&mut self) {
        self.0.iter_mut().flatten().for_each(|gradient| gradient.fill(0.0));
    }

    /// Their length as one vector.
    pub fn norm(&self) -> f64 {
        self.0.iter().flatten().flatten().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt()
    }

    /// Multiplies all.
    pub fn scale(&mut self, by: f32) {
        self.0.iter_mut().flatten().flatten().for_each(|g| *g *= by);
    }
}

/// Whether a tensor is a row of numbers (a norm, a bias), by its name.
pub(crate) fn is_vector(name: &str) -> bool {
    name.ends_with("norm.weight") || name.rsplit('.').next() == Some("bias")
}
